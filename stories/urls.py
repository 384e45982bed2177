from .notices.urls import urlpatterns as notices
from .paper.urls import urlpatterns as paper
from .writing.urls import urlpatterns as writing

urlpatterns = [*writing, *paper, *notices]
