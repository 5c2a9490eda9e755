"""Trains the reader that ships in `rag/models/reader.onnx`."""
