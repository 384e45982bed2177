from importlib import import_module

from django.apps import AppConfig


class StoriesConfig(AppConfig):
    name = "stories"
    verbose_name = "物語"

    def ready(self) -> None:
        # Registers with the floor below where voices and words went.
        import_module("stories.trail")
        import_module("stories.masters")
        # And what becomes of what rests on a voice when it goes.
        import_module("stories.paper.leaving")
