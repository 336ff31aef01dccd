"""Live channels as far as they are here, through the official oss2 SDK."""

from __future__ import annotations

from typing import Any

import oss2
import pytest
from oss2.models import LiveChannelInfo, LiveChannelInfoTarget


def channel(description: str = "", **target: Any) -> LiveChannelInfo:
    return LiveChannelInfo(description=description, target=LiveChannelInfoTarget(**{"playlist_name": "test.m3u8", **target}))


@pytest.mark.contract(
    "oss2 tests/test_iterator.py; PutLiveChannel, GetLiveChannelInfo, PutLiveChannelStatus, ListLiveChannel, DeleteLiveChannel"
)
def test_channels_are_made_and_listed(bucket: Any) -> None:
    for name in ("b", "a", "other", "猫"):
        made = bucket.create_live_channel(name, channel(f"of {name}"))
        assert made.publish_url.startswith("rtmp://")
    found = bucket.get_live_channel("a")
    assert (found.description, found.status, found.target.playlist_name, found.target.frag_count) == ("of a", "enabled", "test.m3u8", "3")
    bucket.put_live_channel_status("a", "disabled")
    listed = [(one.name, one.status) for one in oss2.LiveChannelIterator(bucket, max_keys=1)]
    assert listed == [("a", "disabled"), ("b", "enabled"), ("other", "enabled"), ("猫", "enabled")]
    assert [one.name for one in oss2.LiveChannelIterator(bucket, prefix="o")] == ["other"]
    with pytest.raises(oss2.exceptions.BucketNotEmpty):
        bucket.delete_bucket()
    bucket.delete_live_channel("a")
    with pytest.raises(oss2.exceptions.NoSuchLiveChannel):
        bucket.get_live_channel("a")


@pytest.mark.contract("PutLiveChannel of OSS: limits; what is not here is NotImplemented")
def test_what_channels_cannot_do(bucket: Any) -> None:
    for wrong in (channel("d" * 129), channel(playlist_name="a.mp4"), channel(frag_duration=101), channel(frag_count=0)):
        with pytest.raises(oss2.exceptions.InvalidArgument):
            bucket.create_live_channel("k", wrong)
    bucket.create_live_channel("k", channel())
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket.put_live_channel_status("k", "paused")
    with pytest.raises(oss2.exceptions.NotImplemented):
        bucket.get_live_channel_stat("k")
