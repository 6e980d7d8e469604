"""Real servers on loopback for the tests: a feed, a sink for posts, a mail server. Each stops by itself."""

from kit.servers import Bulletin, FeedServer, MailServer, PostSink, ReceivedPost

__all__ = ["Bulletin", "FeedServer", "MailServer", "PostSink", "ReceivedPost"]
