"""Servers on loopback for the tests: a feed, a receiver of posts, a mail server. Each is a context manager."""

from kit.servers import Bulletin, FeedServer, MailServer, PostSink, ReceivedPost

__all__ = ["Bulletin", "FeedServer", "MailServer", "PostSink", "ReceivedPost"]
