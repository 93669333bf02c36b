// Shows the hidden field and hides what does not match it. Without this script the list is whole.
(() => {
  const page = document.querySelector("main");
  const field = page.querySelector("#filter");
  const found = page.querySelector("#found");
  const sections = [...page.querySelectorAll(".initial")];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const rows = [...page.querySelectorAll(".initial li")].map((row) => {
    const link = row.querySelector("a");
    return { row, text: fold(`${link.firstChild.textContent} ${link.dataset.aliases ?? ""}`) };
  });
  const write = (number) => number.toLocaleString(document.documentElement.lang);

  const apply = () => {
    const wanted = fold(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text } of rows) {
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    for (const section of sections) section.hidden = !section.querySelector("li:not([hidden])");
    for (const part of page.querySelectorAll(".unfiltered")) part.hidden = wanted.length > 0;
    const counts = { "{shown}": write(shown), "{all}": write(rows.length) };
    found.textContent = wanted.length
      ? found.dataset.text.replace(/\{\w+\}/g, (name) => counts[name])
      : "";
  };

  field.addEventListener("input", apply);
  page.querySelector(".filter").hidden = false;
})();
