"""Files in the OLE container of Office before 2007: Word documents and mails of Outlook."""
