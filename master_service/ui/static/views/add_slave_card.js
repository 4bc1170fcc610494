// Shows the commands that start a slave for this master.

import { snippet } from "../components/controls.js";
import { card, h } from "../components/elements.js";

/** `token`: whether the master has one. */
export function addSlaveCard({ token }) {
  // On the master's own computer, the page does not know the address for others.
  const isLoopback = token && /^(localhost|127\.|\[::1\])/.test(location.hostname);
  const isTls = location.protocol === "https:";
  const settings = { MASTER_URL: isLoopback ? `${location.protocol}//MASTER-ADDRESS:${location.port}` : location.origin };
  if (token) settings.CLUSTER_TOKEN = "the-token";
  if (token && !isTls) settings.ALLOW_PLAIN_HTTP = "1";
  if (isTls) Object.assign(settings, { TLS_CERT: "certificates/OWN-ADDRESS.pem", TLS_KEY: "certificates/OWN-ADDRESS.key", TLS_CA: "certificates/ca.pem" });
  const shell = Object.entries(settings).map(([name, value]) => `${name}=${value}`).join(" ");
  const powershell = Object.entries(settings).map(([name, value]) => `$env:${name}='${value}';`).join(" ");
  return card("Add a slave",
    h("h3", {}, "Add a slave"),
    token
      ? h("p", {}, "Run this on another computer that has this program and its requirements installed. Replace ", placeholders(isLoopback, isTls), ".")
      : h("p", {}, "Run this on this computer, in the program's folder. (Slaves on other computers need a token: ", h("code", {}, "MASTER_HOST=0.0.0.0 python master.py"), " creates one and prints the commands.)"),
    snippet(`${shell} python slave.py`),
    h("p", { class: "muted" }, "In PowerShell:"),
    snippet(`${powershell} python slave.py`));
}

function placeholders(isLoopback, isTls) {
  const meanings = { "the-token": "the token of this cluster" };
  if (isLoopback) meanings["MASTER-ADDRESS"] = "the address of the master's computer";
  if (isTls) meanings["OWN-ADDRESS"] = "the new slave's address, for which scripts/certificates.py creates the files";
  return Object.entries(meanings).map(([name, meaning], position) => [position ? "; " : "", h("code", {}, name), " with ", meaning]);
}
