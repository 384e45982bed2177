from .board.urls import urlpatterns as board
from .consent.urls import urlpatterns as consent
from .listening.urls import urlpatterns as listening
from .preparing.urls import urlpatterns as preparing
from .recordings.urls import urlpatterns as recordings
from .transcripts.urls import urlpatterns as transcripts

urlpatterns = [*preparing, *listening, *transcripts, *recordings, *consent, *board]
