// <passkey-ceremony data-kind="create|get" [data-from=URL]>: its button asks the browser for a passkey and posts the form
// around it with the answer in the field "credential". The server's options are in #passkey-options, or fetched.
const PROBLEMS = {
  NotAllowedError: "Nothing was shown, or it took too long. Try again.",
  InvalidStateError: "This one is known already. Use another one.",
  SecurityError: "The browser refuses passkeys at this address: it needs https, or localhost.",
};

class PasskeyCeremony extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
      if (!this.hidden) this.say("This browser knows no passkeys, or is too old for them.");
      return;
    }
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.run());
  }

  async run() {
    this.say("");
    try {
      const { form } = this.querySelector("button");
      const credential = await this.ask(await this.options(), form);
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (problem) {
      this.say(PROBLEMS[problem.name] ?? "That did not work. Reload the page and try again.");
    }
  }

  async options() {
    const { from } = this.dataset;
    if (!from) return JSON.parse(document.getElementById("passkey-options").textContent);
    const answer = await fetch(from, { headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  ask({ creation_options: create, request_options: request }, form) {
    if (this.dataset.kind === "get") {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(request.publicKey);
      return navigator.credentials.get({ publicKey });
    }
    if (form.elements.passwordless?.checked) {
      const alone = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
      Object.assign((create.publicKey.authenticatorSelection ??= {}), alone);
    }
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(create.publicKey) });
  }

  say(text) {
    this.querySelector(".error").textContent = text;
  }
}

customElements.define("passkey-ceremony", PasskeyCeremony);
