"""Who may start a job, and when: slots, a waiting line, a pause for all after the service was busy, and daily budgets."""
