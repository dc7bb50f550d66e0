// Passkeys: asks the shop for a challenge, the browser for an answer, and sends that as an ordinary form.
// Where the browser has no passkeys the forms stay hidden and everything else works as before.

const form = (name) => document.querySelector(`form[${name}]`);

function complain(from, words) {
  const line = from.querySelector(".wrong");
  line.textContent = words || from.dataset.failed;
  line.hidden = false;
}

async function ask(from, values) {
  const body = new URLSearchParams({ csrf_token: from.elements.csrf_token.value, ...values });
  const answer = await fetch(from.dataset.options, { method: "POST", body });
  if (answer.ok) return answer.json();
  throw new Error(answer.status === 422 ? await answer.text() : "");
}

function begin(from, work) {
  from.querySelector(".wrong").hidden = true;
  from.setAttribute("aria-busy", "true");
  work()
    .then((credential) => {
      from.elements.credential.value = JSON.stringify(credential);
      from.submit();
    })
    .catch((error) => {
      from.removeAttribute("aria-busy");
      complain(from, error instanceof DOMException ? "" : error.message);
    });
}

const able = window.PublicKeyCredential?.parseCreationOptionsFromJSON && navigator.credentials?.create;

const signIn = form("data-passkey-sign-in");
if (signIn && able) {
  signIn.hidden = false;
  signIn.querySelector("button").addEventListener("click", () =>
    begin(signIn, async () => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await ask(signIn, {}));
      return (await navigator.credentials.get({ publicKey })).toJSON();
    }),
  );
}

const make = form("data-passkey-new");
if (make) {
  make.hidden = !able;
  document.querySelector("[data-passkey-impossible]").hidden = Boolean(able);
  make.addEventListener("submit", (event) => {
    event.preventDefault();
    const password = make.elements.password;
    begin(make, async () => {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await ask(make, { password: password.value }));
      const made = await navigator.credentials.create({ publicKey });
      password.disabled = true; // it was asked for the challenge; the form itself needs it no more
      return made.toJSON();
    });
  });
}
