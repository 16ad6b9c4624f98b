// Asks the person's device before a form is sent that holds a field with data-passkey="address of the challenge".
// A typed one-time code in that field goes as it is. The answer travels as one more field of the same name, the last.
(() => {
  "use strict";
  const answered = new WeakSet();
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  async function challenge(form, address) {
    const token = form.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
    const response = await fetch(address, { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" } });
    if (!response.ok || response.redirected) throw new Error("no challenge");
    const { publicKey } = await response.json();
    const allowCredentials = (publicKey.allowCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
    return { publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials } };
  }

  function plain(credential) {
    const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
    const response = { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) };
    if (userHandle) response.userHandle = text(userHandle);
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
  }

  function why(error, nothing = "Nothing was decided") {
    if (!window.PublicKeyCredential || error.name === "SecurityError") {
      return `This address cannot use passkeys: they need https, or http://localhost on this machine. ${nothing}.`;
    }
    if (error.name === "InvalidStateError") return `This device is registered already. ${nothing}.`;
    if (error.message === "no challenge") return `TARS gave no challenge: you may be signed out. Reload the page. ${nothing}.`;
    return `The passkey was not used. ${nothing}; press the button to try again.`;
  }

  async function ask(form, field, submitter) {
    const says = form.querySelector("[data-passkey-says]");
    if (says) says.textContent = "";
    submitter?.setAttribute("aria-busy", "true");
    try {
      const credential = await navigator.credentials.get(await challenge(form, field.dataset.passkey));
      const answer = Object.assign(document.createElement("input"), { type: "hidden", name: field.name, value: plain(credential) });
      answer.dataset.passkeyAnswer = "";
      form.append(answer);
      answered.add(form);
      form.requestSubmit(submitter);
    } catch (error) {
      if (says) says.textContent = why(error);
      window.tars.announce(why(error));
    } finally {
      submitter?.removeAttribute("aria-busy");
      answered.delete(form);
    }
  }

  document.addEventListener("allauth.error", (event) => {
    const says = document.querySelector("[data-passkey-fault]");
    if (!says) return;
    event.preventDefault();
    says.textContent = why(event.detail.exception, "Nothing was changed");
    window.tars.announce(says.textContent);
  });

  // On the window, before every other listener: htmx and the once-only rule must not see the first, unanswered submit.
  window.addEventListener("submit", (event) => {
    const form = event.target;
    const field = form.querySelector?.("[data-passkey]");
    if (!field || answered.delete(form)) return;
    for (const old of form.querySelectorAll("[data-passkey-answer]")) old.remove();
    if (field.value.trim()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form, field, event.submitter);
  }, true);
})();
