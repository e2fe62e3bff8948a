"""A small Salesforce org on loopback: `org` holds and judges records, `soql` reads queries, `app` speaks HTTP.

``make org`` starts one with the sample world, so that live mode can be tried without an org; tests use the fixture
``salesforce_org``.
"""
