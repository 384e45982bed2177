from .board.urls import urlpatterns as board
from .consent.urls import urlpatterns as consent
from .listening.urls import urlpatterns as listening
from .transcripts.urls import urlpatterns as transcripts

urlpatterns = [*listening, *transcripts, *consent, *board]
