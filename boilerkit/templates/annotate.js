// Labels are changed on the lines themselves; what was done is kept in the browser until saved.
(() => {
  const { root } = view;
  const docs = [...root.querySelectorAll(".doc")];
  const pick = root.querySelector(".pick");
  const status = root.querySelector(".status");
  const buttons = [...root.querySelectorAll(".palette button")];
  const labelOfKey = new Map(buttons.map((button) => [button.dataset.key, button.dataset.label]));
  const undone = [];
  let anchor = null;

  // Another segmentation has other hashes: what was stored for it is not found any more.
  const keyOf = (line) =>
    `boilerkit:${line.closest(".doc").dataset.doc}:${line.dataset.line}:${line.dataset.sha256}`;

  function store(line) {
    try {
      if (line.classList.contains("checked")) localStorage.setItem(keyOf(line), line.dataset.label);
      else localStorage.removeItem(keyOf(line));
    } catch { /* a browser that stores nothing: saving still works */ }
  }

  function stored(line) {
    try { return localStorage.getItem(keyOf(line)); } catch { return null; }
  }

  function show(line, label, checked) {
    line.dataset.label = label;
    line.querySelector(":scope > .tag").textContent = label;
    line.classList.toggle("checked", checked);
    line.classList.toggle("changed", label !== line.dataset.given);
  }

  function set(lines, labelOf) {
    const wordy = lines.filter((line) => line.dataset.given !== "empty");
    undone.push(wordy.map((line) => [line, line.dataset.label, line.classList.contains("checked")]));
    for (const line of wordy) {
      show(line, labelOf(line), true);
      store(line);
    }
    report();
  }

  function undo() {
    for (const [line, label, checked] of undone.pop() ?? []) {
      show(line, label, checked);
      store(line);
      view.focus(line);
    }
    report();
  }

  function selected() {
    const line = view.current();
    if (!line) return [];
    const all = view.lines();
    const [from, to] = [all.indexOf(anchor ?? line), all.indexOf(line)].sort((a, b) => a - b);
    return all.slice(Math.max(from, 0), to + 1).filter(view.isShown);
  }

  function mark(lines) {
    for (const line of root.querySelectorAll('.line[aria-selected="true"]')) line.removeAttribute("aria-selected");
    if (lines.length > 1) lines.forEach((line) => line.setAttribute("aria-selected", "true"));
  }

  function setSelected(labelOf) {
    const lines = selected();
    if (!lines.length) {
      status.textContent = "Choose a line first: click it or press j.";
      return;
    }
    set(lines, labelOf);
    const next = view.neighbour(lines.at(-1), 1);
    endSelection();
    view.focus(next ?? lines.at(-1));
  }

  function endSelection() {
    anchor = null;
    mark([]);
  }

  function extend(step) {
    anchor ??= view.current();
    view.focus(view.neighbour(view.current(), step));
    mark(selected());
  }

  function open(number) {
    const next = Math.min(Math.max(number, 0), docs.length - 1);
    docs.forEach((doc, at) => { doc.hidden = at !== next; });
    pick.value = String(next);
    endSelection();
    window.scrollTo(0, 0);
    report();
  }

  function report() {
    const checked = (doc) => doc.querySelectorAll(".line.checked").length;
    const total = docs.reduce((sum, doc) => sum + checked(doc), 0);
    const words = view.article().querySelectorAll('.line:not([data-given="empty"])').length;
    status.textContent = `${checked(view.article())} of ${words} lines of this document labelled, ${total} in all documents`;
  }

  function rows() {
    return [...root.querySelectorAll(".line.checked")].map((line) => JSON.stringify({
      doc: line.closest(".doc").dataset.doc,
      line: Number(line.dataset.line),
      label: line.dataset.label,
      sha256: line.dataset.sha256,
    }));
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(rows().map((row) => `${row}\n`), { type: "application/jsonl" }));
    link.download = "labels.jsonl";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  const confirmAll = () => set(view.lines(), (line) => line.dataset.label);
  const actions = {
    x: confirmAll,
    z: undo,
    Enter: () => setSelected((line) => line.dataset.label),
    J: () => extend(1),
    K: () => extend(-1),
    "[": () => open(Number(pick.value) - 1),
    "]": () => open(Number(pick.value) + 1),
  };

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // a button in focus has its own Enter, the list of documents its own letters
    if (event.target.matches("select") || (event.key === "Enter" && event.target.matches("button, input"))) return;
    if (event.key === "Escape") endSelection();
    const arrow = event.shiftKey && { ArrowDown: "J", ArrowUp: "K" }[event.key];
    const action = actions[arrow || event.key];
    const label = labelOfKey.get(event.key);
    if (!action && !label) {
      if (["j", "k", "u", "ArrowDown", "ArrowUp"].includes(event.key)) endSelection();
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (label) setSelected(() => label);
    else action();
  }

  // before the view's own handler: Shift and an arrow extend here, and move there
  document.addEventListener("keydown", onKey, { capture: true });
  for (const button of buttons) {
    // a button must not take the focus from the line that it is for
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => setSelected(() => button.dataset.label));
  }
  pick.addEventListener("change", () => open(Number(pick.value)));
  root.querySelector(".all").addEventListener("click", confirmAll);
  root.querySelector(".undo").addEventListener("click", undo);
  root.querySelector(".save").addEventListener("click", save);

  for (const line of root.querySelectorAll(".line")) {
    const label = stored(line);
    if ([...labelOfKey.values()].includes(label)) show(line, label, true);
    else if (line.classList.contains("checked")) show(line, line.dataset.label, true);
  }
  report();
})();
