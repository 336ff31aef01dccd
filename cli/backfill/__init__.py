"""What is in a bucket already, brought to the pipeline: `sightline backfill`.

| module | knows |
|---|---|
| `address` | oss:// and s3:// addresses, and which key below uploads/ an object gets |
| `source` | what a source is asked for, and the order in which its objects are taken |
| `oss_source`, `s3_source` | the two kinds of sources |
| `target` | the media bucket: what is there already, and bringing an object in one piece or in parts |
| `plan` | what is to be done with an object |
| `run` | object after object: pace, pauses, what can go wrong, where to go on |
| `report` | the counts, for people and programs |
"""
