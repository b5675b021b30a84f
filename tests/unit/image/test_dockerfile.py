import pytest

from deploy.image.dockerfile import image_config

TEXT = """\
# A comment.
FROM debian AS build
RUN something
USER root

FROM scratch
COPY --from=build /rootfs /
ENV PATH=/usr/bin HOME=/tmp
LABEL about="two words"
LABEL version=1
USER 7:7
EXPOSE 80
ENTRYPOINT ["program"]
CMD ["run", "--fast"]
"""


def test_the_last_stage_says_how_it_is_started() -> None:
    assert image_config(TEXT) == {
        "Env": ["PATH=/usr/bin", "HOME=/tmp"],
        "Labels": {"about": "two words", "version": "1"},
        "ExposedPorts": {"80/tcp": {}},
        "User": "7:7",
        "Entrypoint": ["program"],
        "Cmd": ["run", "--fast"],
    }


def test_what_it_cannot_tell_is_refused() -> None:
    with pytest.raises(ValueError, match="HEALTHCHECK is not known"):
        image_config(f"{TEXT}HEALTHCHECK NONE\n")
