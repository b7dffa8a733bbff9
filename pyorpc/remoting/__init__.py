"""From proxy to stub: marshaling, channel, links, dispatcher, lifetime."""
