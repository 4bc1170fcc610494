// Recognises HTML, SVG, mails and RTF by a file's first bytes, by the same rules as protocol/markup.py.

const RTF = "{\\rtf";
const HTML = /^(?:\xef\xbb\xbf)?[ \t-\r]*(?:<\?xml[^<>]*\?>[ \t-\r]*)?(?:<!--(?:[^-]|-(?!->))*-->[ \t-\r]*)*<(?:!doctype[ \t-\r]+html|html|head|body|meta|title)[ \t-\r>/]/i;
const MISC = String.raw`(?:(?:<!--(?:[^-]|-(?!->))*-->|<\?[^<>]*\?>)[ \t-\r]*)*`;
const SVG = new RegExp(String.raw`^(?:\xef\xbb\xbf)?[ \t-\r]*${MISC}(?:<!DOCTYPE[ \t-\r]+svg(?:[^<>\[\]]*\[[^\[\]]*\])?[^<>\[\]]*>[ \t-\r]*)?${MISC}<(?:[A-Za-z_][A-Za-z0-9_.-]{0,40}:)?svg[ \t-\r>/]`);
const HEADER_LINE = /^([!-9;-~]{1,76}):/;
const MAIL_HEADERS = new Set("from to cc subject date message-id received mime-version return-path delivered-to reply-to sender content-type".split(" "));
const HEADERS_NEEDED = 3;

/** Return whether a text (a character per byte) is a document of another kind than plain text. */
export const isMarkup = (head) => head.startsWith(RTF) || HTML.test(head) || isMail(head);

export const isSvg = (head) => SVG.test(head);

// The last line may be cut off and is not looked at.
function isMail(head) {
  const names = new Set();
  for (const line of head.replace(/^\xef\xbb\xbf/, "").split("\n").slice(0, -1)) {
    if (!/^[ \t]/.test(line)) {
      const found = HEADER_LINE.exec(line);
      if (!found) return (line === "" || line === "\r") && areMailHeaders(names);
      names.add(found[1].toLowerCase());
    } else if (!names.size) return false;
  }
  return areMailHeaders(names);
}

const areMailHeaders = (names) => names.has("from") && [...names].filter((name) => MAIL_HEADERS.has(name)).length >= HEADERS_NEEDED;
