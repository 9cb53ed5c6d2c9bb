// Waits for an answer that is being worked out, and shows the page anew once it is there. Without this the page has a link instead.
const EVERY = 3000, PATIENCE = 10000, STILL = "answer-still";

// Whether to look again: not once the page is shown anew, nor for somebody who has signed out.
const look = async () => {
  const answer = await fetch(location.href, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.type === "opaqueredirect") return false;
  if (answer.status !== 200) return true;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const before = document.getElementById(STILL), now = fresh.getElementById(STILL);
  if (!now) {
    location.reload();
    return false;
  }
  if (now.textContent !== before.textContent) before.replaceChildren(...now.childNodes);  // said once, not every time
  return true;
};

const follow = () => setTimeout(() => look().catch(() => true).then((again) => { if (again) follow(); }), EVERY);
follow();
