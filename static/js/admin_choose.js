/* The admin's autocomplete (select2) leaves its parts without a name and its search field without focus; this gives them both. */
(function () {
  "use strict";
  const $ = django.jQuery;

  function name(select) {
    const label = document.getElementById(select.id + "_label");
    const box = select.nextElementSibling;
    if (!label || !box) return;
    const chosen = box.querySelector(".select2-selection__rendered");
    box.querySelector(".select2-selection").setAttribute("aria-labelledby", label.id + " " + chosen.id);
    chosen.setAttribute("aria-labelledby", label.id);
  }

  $(function () {
    $("select.admin-autocomplete").each(function () {
      name(this);
    });
  });

  $(document).on("select2:open", function (event) {
    const label = document.getElementById(event.target.id + "_label");
    const field = document.querySelector(".select2-container--open .select2-search__field");
    if (!field) return;
    if (label) {
      field.setAttribute("aria-labelledby", label.id);
      document.querySelector(".select2-container--open .select2-results__options").setAttribute("aria-labelledby", label.id);
    }
    field.focus();
  });
})();
