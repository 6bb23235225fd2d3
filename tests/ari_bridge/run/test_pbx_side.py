"""What the PBX's side holds of the settings."""

from ari_bridge.run.notices import notices
from ari_bridge.run.pbx_side import render_settings
from ari_bridge.run.settings import Settings


def test_gate_and_bridge_agree() -> None:
    """Law: host, lease, cap and notice ids in the dialplan are those of the service's own settings."""
    settings = Settings.model_validate(
        {"media": {"lease_s": 9, "max_forks": 10}, "notice": {"languages": ["fr", "en"]}}
    )
    rendered = render_settings(settings)
    assert (rendered.bridge_host, rendered.lease_s, rendered.max_forks) == ("127.0.0.1", 9, 10)
    assert [tuple(line) for line in rendered.notices] == [(one.language, one.notice_id) for one in notices(settings)]
