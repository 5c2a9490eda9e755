"""What the product reaches, measured: public data, our own questions, speed and crashes."""
