from . import shared
from .first import NAME as FIRST
from .first import *
from .loop import LOOP
