// One line at a time is in the tab order; j, k and the arrows move between the lines on show.
"use strict";
const view = (() => {
  const root = document.querySelector(".boilerkit-view");
  const article = () => root.querySelector(".doc:not([hidden])");
  const lines = () => [...article().querySelectorAll(".line")];
  const isShown = (line) => line.offsetParent !== null;
  const inLines = () => document.activeElement.closest(".line") !== null;
  let last = null;
  // The line in focus, or the one that was before a button took the focus.
  const current = () => (last && article().contains(last) && isShown(last) ? last : null);

  // The line that Tab comes back to.
  function setTabStop(line) {
    for (const other of article().querySelectorAll('.line[tabindex="0"]')) other.tabIndex = -1;
    line.tabIndex = 0;
  }

  function neighbour(line, step, wanted = isShown) {
    const all = lines();
    let at = line ? all.indexOf(line) + step : step > 0 ? 0 : all.length - 1;
    while (all[at] && !wanted(all[at])) at += step;
    return all[at];
  }

  function focus(line) {
    if (!line) return;
    last = line; // a window in the background gets no focusin
    setTabStop(line);
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  }

  const isUnsure = (line) => isShown(line) && line.classList.contains("unsure");
  const moves = {
    j: () => neighbour(current(), 1),
    k: () => neighbour(current(), -1),
    u: () => neighbour(current(), 1, isUnsure),
    Home: () => neighbour(null, 1),
    End: () => neighbour(null, -1),
  };
  moves.ArrowDown = moves.j;
  moves.ArrowUp = moves.k;

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    root.classList.toggle("quiet", event.key === "Escape");
    const isLetter = event.key.length === 1;
    // outside of the lines the arrows scroll, as ever
    if (!(event.key in moves) || !(isLetter || inLines())) return;
    event.preventDefault();
    focus(moves[event.key]());
  }

  document.addEventListener("keydown", onKey);
  root.addEventListener("pointermove", () => root.classList.remove("quiet"));
  root.addEventListener("focusin", (event) => {
    const line = event.target.closest(".line");
    if (!line) return;
    last = line;
    setTabStop(line);
  });
  for (const doc of root.querySelectorAll(".doc")) {
    [...doc.querySelectorAll(".line")].slice(1).forEach((line) => { line.tabIndex = -1; });
  }
  return { root, article, lines, isShown, current, neighbour, focus };
})();
