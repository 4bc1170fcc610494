// Loads an input into an image or audio element.

/** Set `src` once the URL is available; does not delay the rest of the view. */
export function loadMedia(element, inputUrl, onError) {
  element.addEventListener("error", onError);
  inputUrl().then((url) => { element.src = url; }, onError);
}
