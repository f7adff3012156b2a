"""What the coordinator looks after: people, cards, backups, ranges, results, the study."""
