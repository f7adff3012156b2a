"""The bundle: a signed, sealed file of AuditRecords that travels both ways."""
