// Follows a run: asks how it stands, and swaps only what changed. Without this the page has a link instead.
const SAY_EVERY = 10000, AGAIN_AFTER = 5000, PATIENCE = 10000;
const said = document.getElementById("run-said"), lost = document.getElementById("run-lost");
const LOST = lost.querySelector("strong").textContent;
const root = () => document.getElementById("run-progress");
let spoken = root().dataset.say, spokenAt = performance.now() - SAY_EVERY, toSay = 0, seenAt = performance.now();

const swap = (old, fresh) => {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : null;
  const open = [...old.querySelectorAll("details[open]")].map(one => one.id);
  old.replaceWith(fresh);
  open.forEach(id => document.getElementById(id)?.setAttribute("open", ""));
  if (focused !== null) (document.getElementById(focused) ?? document.getElementById("run-heading")).focus();
};

const show = fresh => {
  const old = root();
  if (old.dataset.shape !== fresh.dataset.shape) swap(old, fresh);
  else {
    Object.assign(old.dataset, fresh.dataset);
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const before = document.getElementById(part.id);
      if (part.dataset.key === undefined || part.dataset.key !== before.dataset.key) swap(before, part);
    }
  }
  seenAt = performance.now();
  document.title = root().dataset.title;
};

const speak = () => {
  const ended = root().dataset.poll === "0";  // what happened in the end waits for nothing
  if (ended) {
    clearTimeout(toSay);
    toSay = 0;
    document.querySelectorAll(".govuk-notification-banner").forEach(one => one.remove());
  }
  if (toSay || root().dataset.say === spoken) return;
  toSay = setTimeout(() => {
    toSay = 0;
    spokenAt = performance.now();
    said.textContent = spoken = root().dataset.say;
  }, ended ? 0 : Math.max(0, spokenAt + SAY_EVERY - performance.now()));
};

const ask = async () => {
  const { address, etag } = root().dataset;
  const answer = await fetch(address, {
    headers: { "If-None-Match": etag }, cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE),
  });
  if (answer.status === 304) return;
  if (answer.status !== 200) throw new Error("no answer");
  show(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("run-progress"));
};

const follow = async () => {
  const isThere = await ask().then(() => true, () => false);
  if (!isThere && lost.hidden) said.textContent = spoken = LOST;  // said once, however long it lasts
  lost.hidden = isThere;
  if (isThere) speak();  // after it was lost, how it stands is said again
  const wait = Number(root().dataset.poll);
  if (wait) setTimeout(follow, lost.hidden ? wait : AGAIN_AFTER);
};

const words = seconds => {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  const one = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  return [minutes && one(minutes, "minute"), (rest || !minutes) && one(rest, "second")].filter(Boolean).join(" ");
};

setInterval(() => {
  const elapsed = document.getElementById("run-elapsed");
  if (elapsed) elapsed.textContent = words(Number(elapsed.dataset.seconds) + Math.floor((performance.now() - seenAt) / 1000));
}, 1000);
document.getElementById("run-still").remove();
setTimeout(follow, Number(root().dataset.poll));
