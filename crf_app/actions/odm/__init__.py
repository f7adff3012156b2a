"""The data of a study out to CDISC ODM and in from it."""
