from tools import LOOP
