"""The bundled sample: a story told by a feed (`story`), a server for it (`server`), a mailbox (`mailbox`)."""
