"""From a leased message to an outcome: render what people read, hand it to the channel, say what became of it.

    Message ─view→ plain names ─templates→ Rendered ─notifier→ Receipt or DeliveryError ─retry→ Outcome

Everything left of the notifier is pure. `send.attempt` is the whole line.
"""
