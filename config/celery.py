import os

from celery import Celery
from celery.signals import worker_process_init

from config.memory import keep_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tsumugi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["regions.office"], related_name="jobs")


@worker_process_init.connect
def begin(**_: object) -> None:
    keep_what_is_loaded()
