#!/usr/bin/env python3
"""embed.py FILE HEADER: writes a file's bytes as a C array named after the header."""
import sys
from pathlib import Path

source, header = map(Path, sys.argv[1:])
name = header.stem
data = source.read_bytes()
rows = [", ".join("%d" % b for b in data[i:i + 24]) for i in range(0, len(data), 24)]
header.write_text("static const unsigned char %s[] = {\n%s};\nstatic const size_t %s_size = sizeof(%s);\n"
                  % (name, ",\n".join(rows), name, name), encoding="ascii")
