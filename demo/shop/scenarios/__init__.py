"""Faulty on purpose: one function per problem, named after the finding it causes.

Beside each stands a twin that does the same job well; its name contains `healthy`. Comments mark
the line where a problem happens (`finding:`) and where its parent rows were loaded (`origin:`);
`shop.expected` reads them.
"""
