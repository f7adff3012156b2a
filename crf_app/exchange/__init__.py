"""Other systems' formats, in and out: CDISC ODM 1.3.2 and 2.0, XLSForm.  Nothing here knows the store."""
