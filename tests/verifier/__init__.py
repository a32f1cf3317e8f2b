"""An independent account of a run: it shares no code with the product.

What was published (the producer's manifest) is compared with what Cordial's stand-in accepted
(its journal) and with what the product says became of it (receipts and dead letters).
The verdict is one word: `ALL`, `MORE` or `LESS`.

`facts` says what the inputs mean, `topics` reads them from a broker, `judging` compares.
"""
