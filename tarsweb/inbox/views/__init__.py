"""The pages of the inbox: the list with its preview, answers given there, the desk's own verbs, the batch lane."""
