// Waits for an answer that is being worked out, and shows the page anew once it is there. Without this the page has a link instead.
const EVERY = 3000, PATIENCE = 10000, STILL = "answer-still";

const look = async () => {
  const answer = await fetch(location.href, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status !== 200) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = document.getElementById(STILL), now = fresh.getElementById(STILL);
  if (!now) location.replace(location.href);
  else if (now.textContent !== before.textContent) before.replaceChildren(...now.childNodes);  // said once, not every time
};

const follow = () => setTimeout(() => look().catch(() => undefined).finally(follow), EVERY);
follow();
