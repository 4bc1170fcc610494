// Logs in again without leaving the page, so that selection and uploads are kept.

import { logIn } from "../api/client.js";
import { h } from "./elements.js";

export function loginForm() {
  const error = h("p", { class: "error", role: "alert" });
  const token = h("input", { id: "token", type: "password", autocomplete: "current-password", required: true });
  return h("form", { class: "notice danger login-form", onsubmit: async (event) => {
    event.preventDefault();
    error.textContent = "";
    await logIn(token.value).catch((reason) => { error.textContent = reason.message; });
  } }, h("p", {}, "The login has expired. Selected files are kept, and uploads wait until you log in."),
  h("label", { for: "token" }, "Token of this cluster"), h("div", { class: "actions" }, token, h("button", { type: "submit" }, "Log in")), error);
}
