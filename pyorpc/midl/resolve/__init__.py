"""From syntax to the model: names, types, constants and attributes are decided and checked here."""
