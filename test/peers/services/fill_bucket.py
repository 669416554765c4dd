"""Adds keys to the index of a bucket, as if empty objects had been put: a list shows the index and looks no further.

Usage: fill_bucket.py CEPH_CONF TEMPLATE <KEYS, with a key on each line. TEMPLATE is the key of an object that was put; all keys are as long.
The template itself is taken out of the index. Needs python3-rados, which comes with ceph."""

import sys
import zlib

import rados

config, template = sys.argv[1], sys.argv[2].encode()
keys = [line.encode() for line in sys.stdin.read().split("\n")]
BATCH = 5000

with rados.Rados(conffile=config) as cluster, cluster.open_ioctx("default.rgw.buckets.index") as index:
    shards = {}
    entry = None
    for shard in index.list_objects():
        with rados.ReadOpCtx() as read:
            found, _ = index.get_omap_vals_by_keys(read, (template,))
            index.operate_read_op(read, shard.key)
            values = dict(found)
        if values:
            entry, home = next(iter(values.values())), shard.key
    marker = home.rsplit(".", 1)[0]
    names = sorted(o.key for o in index.list_objects() if o.key == home or o.key.rsplit(".", 1)[0] == marker)
    for key in keys:
        shards.setdefault(names[zlib.crc32(key) % len(names)], []).append(key)
    for name, here in shards.items():
        for start in range(0, len(here), BATCH):
            some = here[start : start + BATCH]
            with rados.WriteOpCtx() as write:
                index.set_omap(write, tuple(some), tuple(entry.replace(template, key) for key in some))
                index.operate_write_op(write, name)
    with rados.WriteOpCtx() as write:
        index.remove_omap_keys(write, (template,))
        index.operate_write_op(write, home)
