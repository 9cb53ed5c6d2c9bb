// An estimate while a change is being set, the whole answer when it comes, and the clock. Without this, buttons and links do the same.
const SOON = 150, EVERY = 1500, PATIENCE = 30000, AGAIN = 700, CYCLE = 120, HOUR = 3600;
const form = document.getElementById("meeting-try"), said = document.getElementById("meeting-said"), means = document.getElementById("meeting-means");
let soon = 0, isAsking = false, isWanted = false, isMoving = false, from = performance.now();

const plain = text => text.replace("\u2212", "-").replace(",", ".").trim();
const put = (one, words) => { if (one && words && one.textContent !== words) one.textContent = words; };

const ask = async isSilent => {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.estimate, { method: "POST", body, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.redirected || !(answer.headers.get("Content-Type") ?? "").includes("json")) return;
  if (isSilent) return;
  const { said: words, means: meaning, again } = await answer.json();
  put(said, words);
  put(means, meaning);
  if (again) {
    isWanted = true;
    await new Promise(done => setTimeout(done, AGAIN * (1 + Math.random())));
  }
};

// One at a time, as few are worked out at once: what moved meanwhile is asked about when the answer is there.
const estimate = async isSilent => {
  isWanted = true;
  if (isAsking) return;
  isAsking = true;
  for (let silent = isSilent; isWanted; silent = false) {
    isWanted = false;
    await ask(silent).catch(() => {});
  }
  isAsking = false;
};

const show = text => {
  const fresh = new DOMParser().parseFromString(text, "text/html"), now = fresh.getElementById("meeting-result");
  const before = document.getElementById("meeting-result");
  if (!now) return;
  if (!isMoving) put(said, fresh.getElementById("meeting-said").textContent);
  if (now.dataset.going === "1") { setTimeout(poll, EVERY); return; }
  const wasOpen = document.querySelector(".app-meeting__clock")?.open ?? true, focused = before.contains(document.activeElement);
  before.replaceWith(now);
  const clock = now.querySelector(".app-meeting__clock");
  if (clock) clock.open = wasOpen;
  from = performance.now();
  if (focused) document.getElementById("follows").focus();
  if (!isMoving) put(said, "The whole answer is there.");
};

const poll = () => fetch(location.pathname + location.search, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) })
  .then(answer => answer.status === 200 ? answer.text().then(show) : undefined)
  .catch(() => { setTimeout(poll, EVERY); });

const tick = () => {
  const clock = document.getElementById("meeting-clock");
  if (!clock) return;
  const seconds = Number(clock.dataset.seconds) + Math.floor((performance.now() - from) / 1000);
  if (seconds < HOUR) clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds >= CYCLE) document.getElementById("meeting-over").hidden = false;
};

if (form) {
  for (const range of form.querySelectorAll(".app-try__range")) {
    const field = document.getElementById(range.dataset.for);
    range.value = plain(field.value);
    range.hidden = false;
    range.addEventListener("input", () => { field.value = range.value.replace("-", "\u2212"); });
    field.addEventListener("input", () => { range.value = plain(field.value); });
  }
  form.addEventListener("input", () => {
    isMoving = true;
    clearTimeout(soon);
    soon = setTimeout(() => estimate(false), SOON);
  });
  // The plan is held open while a change is being picked, so that the first move is answered at once.
  if (document.getElementById("meeting-result").dataset.going !== "1") estimate(true);
}
setInterval(tick, 1000);
if (document.getElementById("meeting-result").dataset.going === "1") setTimeout(poll, EVERY);
