// Light or dark, as Airflow's UI is.

const KEY = "theme"; // where Airflow's UI keeps it: light, dark or system

/** Follow Airflow's switch from now on; without a choice there, the system's. */
export function startTheme() {
  apply();
  addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) {
      apply();
    }
  });
}

function apply() {
  const chosen = localStorage.getItem(KEY);
  document.documentElement.dataset.theme = ["light", "dark"].includes(chosen) ? chosen : "system";
}
