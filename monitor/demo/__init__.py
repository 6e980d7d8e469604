"""The demo (`run`): a scripted feed (`script`), a server for it (`server`) and a mail server (`mailbox`)."""
