// Lets who was logged out log in again without leaving the page, and what was chosen there.

import { logIn } from "../api/client.js";
import { h } from "./elements.js";

/** A form for the token, for the place above the view. */
export function loginForm() {
  const trouble = h("p", { class: "error", role: "alert" });
  const token = h("input", { id: "token", type: "password", autocomplete: "current-password", required: true });
  const form = h("form", { class: "notice bad login-again", onsubmit: async (event) => {
    event.preventDefault();
    trouble.textContent = "";
    await logIn(token.value).catch((error) => { trouble.textContent = error.message; });
  } }, h("p", {}, "The login has ended. What was chosen is still here, and uploads wait."),
  h("label", { for: "token" }, "Token of this cluster"), h("div", { class: "actions" }, token, h("button", { type: "submit" }, "Log in")), trouble);
  return form;
}
