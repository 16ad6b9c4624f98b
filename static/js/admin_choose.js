/* The admin's autocomplete (select2) leaves its parts without names and its search field without focus; this gives them both. */
(function () {
  "use strict";
  const $ = django.jQuery;

  // `<summary id="X_label">` names the select with the id X and all that select2 draws in its place
  function parts(select) {
    const label = select.id + "_label";
    const box = select.nextElementSibling;
    if (!box || !document.getElementById(label)) return null;
    return { label: label, combobox: box.querySelector(".select2-selection"), chosen: box.querySelector(".select2-selection__rendered") };
  }

  $(function () {
    $("select.admin-autocomplete").each(function () {
      const found = parts(this);
      if (!found) return;
      found.combobox.setAttribute("aria-labelledby", found.label + " " + found.chosen.id);
      found.chosen.setAttribute("aria-labelledby", found.label);
    });
  });

  $(document).on("select2:open", function (event) {
    const found = parts(event.target);
    const list = document.getElementById("select2-" + event.target.id + "-results");
    const field = list && list.closest(".select2-dropdown").querySelector(".select2-search__field");
    if (!found || !field) return;
    found.combobox.setAttribute("aria-controls", list.id);
    list.setAttribute("aria-labelledby", found.label);
    field.setAttribute("aria-labelledby", found.label);
    field.focus();
  });
})();
