"""AutoResponder: turns each day's e-mail auto-replies into safe CRM hygiene, orchestrated by Dagster."""
