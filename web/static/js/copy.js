// Copies a link at one press, and says so. Without this the link is there to select, and no button shows.
const MOST_ROWS = 12, SAY_AGAIN_AFTER = 150;

const write = async (text, field) => {
  field.select();
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else if (!document.execCommand("copy")) throw new Error("not copied");  // pages without TLS have no clipboard
};

for (const part of document.querySelectorAll("[data-copy]")) {
  const field = part.querySelector("textarea"), said = part.querySelector("[data-copy-said]");
  const fit = () => {
    for (field.rows = 1; field.scrollHeight > field.clientHeight && field.rows < MOST_ROWS;) field.rows += 1;
  };
  const say = words => {
    said.textContent = "";  // the same words a second time are said again
    setTimeout(() => { said.textContent = words; }, SAY_AGAIN_AFTER);
  };
  part.querySelector("[data-copy-button]").hidden = false;
  part.querySelector("[data-copy-button] button").addEventListener("click", () => {
    write(field.value, field).then(() => say(part.dataset.copied), () => say(part.dataset.notCopied));
  });
  fit();
  addEventListener("resize", fit);
}
