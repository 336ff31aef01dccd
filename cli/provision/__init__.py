"""What must exist before the functions run: `sightline provision`, and the start of `sightline up`.

| module | knows |
|---|---|
| `run` | the order, and what a run has found, made and left |
| `wanted` | what was asked for: names, levels, what may be changed |
| `report` | one thing's outcome, and all of them |
| `making` | look first, make once, look again where the answer was lost; lists over all their pages |
| `storage` | the buckets, the topic and the queue: made on a laptop, looked for in the cloud |
| `recognition` | the libraries of people and pets that jobs are to recognise |
| `template` | what a smart tag job is asked for |
| `library` | the search library and its index |
| `pipelines` | the pipeline that jobs wait in: named, made or chosen |
| `callbacks` | the topic that the pipeline tells of its jobs |

Everything is asked for first and made only if it is missing, through the public operations of each service. What is there in another
shape was chosen by somebody: it stays, unless `--change` names it. Nothing is ever deleted.
"""
