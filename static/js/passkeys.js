// Passkeys: hands what the server asks for to the browser, and what the key says to the server.

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button");
  const error = form.querySelector(".error");
  button.addEventListener("click", async () => {
    error.hidden = true;
    try {
      const asked = JSON.parse(document.getElementById("passkey-options").textContent);
      form.elements.credential.value = JSON.stringify(await use(form.dataset.passkey, asked));
      form.submit();
    } catch {
      error.textContent = "＊鍵を確かめられませんでした。もう一度お試しください。";
      error.hidden = false;
    }
  });
}

async function use(how, { creation_options: creating, request_options: requesting }) {
  const credential =
    how === "create"
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(creating.publicKey),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(requesting.publicKey),
        });
  return credential.toJSON();
}
