// Sliders beside their figures, an estimate while they move, then the whole answer. Without this the button does the same.
const SETTLED = 1200, EVERY = 2000, PATIENCE = 30000, AGAIN = 700;
const PARTS = ["try-tools", "try-cards", "try-result"];
const box = document.getElementById("try-it"), form = document.getElementById("try-settings"), said = document.getElementById("try-said");
let settled = 0, polling = 0, isAsking = false, isMoved = false, isDirty = false;

const plain = text => text.replace("\u2212", "-").replace(",", ".").trim();
const body = () => new URLSearchParams(new FormData(form));
const say = words => { if (words && said.textContent !== words) said.textContent = words; };
const post = (address, content, signal) => fetch(address, { method: "POST", body: content, cache: "no-store", signal });

const ask = async () => {
  const answer = await post(box.dataset.estimate, body(), AbortSignal.timeout(PATIENCE));
  if (answer.redirected || !(answer.headers.get("Content-Type") ?? "").includes("json")) return;
  const { said: words, each, again } = await answer.json();
  say(words);
  if (again) {
    isMoved = true;
    await new Promise(done => setTimeout(done, AGAIN * (1 + Math.random())));
  }
  for (const [name, text] of Object.entries(each)) {
    const one = document.querySelector(`[data-said="${CSS.escape(name)}"]`);
    if (one && one.textContent !== text) one.textContent = text;
  }
};

// At once, one at a time: what moved meanwhile is asked about when the answer is there, so that questions never queue.
const estimate = async () => {
  isMoved = true;
  if (isAsking) return;
  isAsking = true;
  while (isMoved) {
    isMoved = false;
    await ask().catch(() => {});
  }
  isAsking = false;
};

// Take the parts that changed from a fresh copy of the page; what is being typed stays.
const show = text => {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  if (!fresh.getElementById("try-it")) return;
  const wasGoing = document.getElementById("try-result").dataset.going === "1";
  const isGoing = fresh.getElementById("try-result").dataset.going === "1";
  for (const id of PARTS) {
    const before = document.getElementById(id), now = fresh.getElementById(id);
    if (!before || !now || before.innerHTML === now.innerHTML || before.contains(document.activeElement)) continue;
    before.replaceWith(now);
  }
  const version = fresh.querySelector('#try-settings [name="version"]').value;
  document.querySelectorAll('[name="version"]').forEach(one => { one.value = version; });
  if (!isDirty) say(fresh.getElementById("try-said").textContent);
  clearTimeout(polling);
  if (isGoing) polling = setTimeout(poll, EVERY);
  else if (wasGoing) say(`${said.textContent} The whole answer is there.`);
};

const poll = () => fetch(location.pathname, {
  headers: { "If-None-Match": document.getElementById("try-result").dataset.etag }, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE),
}).then(answer => {
  if (answer.status === 200) return answer.text().then(show);
  if (answer.status === 304) polling = setTimeout(poll, EVERY);
}).catch(() => { polling = setTimeout(poll, EVERY); });

const keep = async () => {
  isDirty = false;
  const answer = await post(box.dataset.settings, body(), AbortSignal.timeout(PATIENCE));
  if (answer.status === 200) show(await answer.text());
};

const moved = () => {
  isDirty = true;
  clearTimeout(settled);
  estimate();
  settled = setTimeout(() => keep().catch(() => {}), SETTLED);
};

for (const range of document.querySelectorAll(".app-try__range")) {
  const field = document.getElementById(range.dataset.for);
  range.value = plain(field.value);
  range.hidden = false;
  range.addEventListener("input", () => { field.value = range.value.replace("-", "\u2212"); });
  field.addEventListener("input", () => { range.value = plain(field.value); });
}
form.addEventListener("input", moved);
if (document.getElementById("try-result").dataset.going === "1") polling = setTimeout(poll, EVERY);
// The plan is held open while the page is read, so that the first move is answered at once.
estimate();
